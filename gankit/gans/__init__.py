"""The training step, in ``gan.py``, and one file for each variant."""

from gankit.gans.aae import AAE
from gankit.gans.acgan import ACGAN
from gankit.gans.began import BEGAN
from gankit.gans.bigan import BiGAN
from gankit.gans.ctgan import CTGAN
from gankit.gans.cyclegan import CycleGAN
from gankit.gans.ebgan import EBGAN
from gankit.gans.encoding_gan import EncodingGAN
from gankit.gans.fastgan import FastGAN
from gankit.gans.gan import GAN
from gankit.gans.gan_3d import GAN3D
from gankit.gans.infogan import InfoGAN
from gankit.gans.lapgan import LAPGAN
from gankit.gans.next_frame_gan import NextFrameGAN
from gankit.gans.one_pass import OnePassGAN
from gankit.gans.pix2pix import Pix2Pix
from gankit.gans.progressive import ProgressiveGAN
from gankit.gans.reacgan import ReACGAN
from gankit.gans.sgan import SGAN
from gankit.gans.srgan import SRGAN
from gankit.gans.ssgan import SSGAN
from gankit.gans.stargan import StarGAN
from gankit.gans.stylegan2 import StyleGAN2
from gankit.gans.vae_gan import VAEGAN
from gankit.gans.wgan import WGAN
from gankit.gans.wgan_gp import WGANGP
from gankit.training.batch import Batch

__all__ = [
    "AAE",
    "ACGAN",
    "BEGAN",
    "CTGAN",
    "EBGAN",
    "GAN",
    "GAN3D",
    "LAPGAN",
    "SGAN",
    "SRGAN",
    "SSGAN",
    "VAEGAN",
    "WGAN",
    "WGANGP",
    "Batch",
    "BiGAN",
    "CycleGAN",
    "EncodingGAN",
    "FastGAN",
    "InfoGAN",
    "NextFrameGAN",
    "OnePassGAN",
    "Pix2Pix",
    "ProgressiveGAN",
    "ReACGAN",
    "StarGAN",
    "StyleGAN2",
]
